// @ts-check

/** An answer of the API that is an error: thrown anywhere while a request is handled, sent as its JSON body. */
export class ApiError extends Error {
  /**
   * @param {number} status
   * @param {string} type for instance `invalid_request_error`
   * @param {string} message
   * @param {Record<string, string>} [headers]
   */
  constructor(status, type, message, headers = {}) {
    super(message);
    this.name = 'ApiError';
    this.status = status;
    this.type = type;
    this.headers = headers;
  }
}

/**
 * @param {string} path dotted place in the request body, or empty
 * @param {string} message
 * @returns {never}
 */
export function refuse(path, message) {
  throw new ApiError(400, 'invalid_request_error', path === '' ? message : `${path}: ${message}`);
}
