// A model that reads file after file with a page of words in each reply, then says how many it has read; asked for a
// summary it gives a short one. Where it is in its work it knows from the last call that the request shows.
const words = 'This is what I think of it. '.repeat(50);

export function script({ messages }) {
  const last = messages.at(-1)?.content;
  const wanted = Array.isArray(last) ? last.at(-1)?.text : last;
  const opening = messages[0]?.content;
  const task = Array.isArray(opening) ? opening[0]?.text : opening;
  const files = Number(/(\d+) files/.exec(task)?.[1]);
  if (messages.length > 1 && wanted?.startsWith('Your context is nearly full')) {
    return { content: [{ type: 'text', text: `1. Read ${files} files one after another.\n2. None.\n${words}` }] };
  }
  const calls = messages.flatMap(({ role, content }) =>
    role === 'assistant' && Array.isArray(content) ? content.filter(({ type }) => type === 'tool_use') : [],
  );
  const place = Number(/\d+/.exec(calls.at(-1)?.input.file_path)?.[0] ?? 0);
  if (place === files) return { content: [{ type: 'text', text: `Read all ${files} files.` }] };
  return {
    content: [
      { type: 'text', text: `File ${place + 1} is next. ${words}` },
      { type: 'tool_use', name: 'Read', input: { file_path: `file-${place + 1}.txt` } },
    ],
  };
}
