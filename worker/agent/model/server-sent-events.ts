/**
 * The data of a stream of server-sent events, however it is cut into pieces. `push` text as it arrives; `onData` gets
 * the data of each event once its blank line is there. Event names are not needed: the data of this API has a `type`.
 */
export function createEventParser(onData: (data: string) => void): { push(text: string): void } {
  let pending = '';
  let data: string | undefined;
  return {
    push(text) {
      pending += text;
      let start = 0;
      for (let end = pending.indexOf('\n', start); end !== -1; end = pending.indexOf('\n', start)) {
        const line = pending.slice(start, pending.charCodeAt(end - 1) === 13 && end > start ? end - 1 : end);
        start = end + 1;
        if (line === '') {
          if (data !== undefined) onData(data);
          data = undefined;
        } else if (line.startsWith('data:')) {
          const value = line.slice(line.charCodeAt(5) === 32 ? 6 : 5);
          data = data === undefined ? value : `${data}\n${value}`;
        }
      }
      pending = pending.slice(start);
    },
  };
}
