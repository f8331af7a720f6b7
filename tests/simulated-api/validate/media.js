// @ts-check
import { refuse } from '../api-error.js';
import { checkObject, checkOneOf, checkString } from './check.js';

const base64 = /^[A-Za-z0-9+/]+={0,2}$/;
const imageTypes = /** @type {const} */ (['image/jpeg', 'image/png', 'image/gif', 'image/webp']);

/**
 * @param {Record<string, unknown>} block
 * @param {string} path
 */
export function checkImage(block, path) {
  const source = checkObject(block['source'], `${path}.source`);
  const type = checkOneOf(source['type'], ['base64', 'url', 'file'], `${path}.source.type`);
  if (type === 'base64') {
    checkOneOf(source['media_type'], imageTypes, `${path}.source.base64.media_type`);
    checkData(source['data'], `${path}.source.base64.data`);
  } else checkReference(source, type, `${path}.source`);
}

/**
 * @param {Record<string, unknown>} block
 * @param {string} path
 */
export function checkDocument(block, path) {
  const source = checkObject(block['source'], `${path}.source`);
  const type = checkOneOf(source['type'], ['base64', 'text', 'content', 'url', 'file'], `${path}.source.type`);
  if (type === 'base64') {
    checkOneOf(source['media_type'], ['application/pdf'], `${path}.source.base64.media_type`);
    checkData(source['data'], `${path}.source.base64.data`);
  } else if (type === 'text') {
    checkOneOf(source['media_type'], ['text/plain'], `${path}.source.text.media_type`);
    checkString(source['data'], `${path}.source.text.data`);
  } else if (type !== 'content') checkReference(source, type, `${path}.source`);
}

/**
 * @param {Record<string, unknown>} source
 * @param {'url' | 'file'} type
 * @param {string} path
 */
function checkReference(source, type, path) {
  const field = type === 'url' ? 'url' : 'file_id';
  if (checkString(source[field], `${path}.${type}.${field}`) === '') refuse(`${path}.${type}.${field}`, 'Empty');
}

/**
 * @param {unknown} data
 * @param {string} path
 */
function checkData(data, path) {
  if (!base64.test(checkString(data, path))) refuse(path, 'Input should be valid, non-empty base64');
}
