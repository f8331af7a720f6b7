const prefix = 'replay:';

/** The file that `replay:FILE` names, a model whose replies were recorded; undefined for any other model. */
export function replayFile(name: string | undefined): string | undefined {
  return name?.startsWith(prefix) ? name.slice(prefix.length) : undefined;
}

/** The model that answers with the replies recorded in `file`. */
export function replayName(file: string): string {
  return prefix + file;
}
