const NAME_REFUSED = 'ERR Client names cannot contain spaces, newlines or special characters.';
/** Redis has no such bound. Here `CLIENT LIST`, and each line of it that is kept, is to stay within memory. */
const NAME_BYTES_MAX = 4096;

/** Whether a word can stand in `CLIENT LIST` without breaking its lines apart: `!` to `~` only; may be empty. */
export function isPrintableWord(text: string): boolean {
  return text.length <= NAME_BYTES_MAX && /^[!-~]*$/.test(text);
}

/** The error where a client may not be called so, in Redis's words. */
export function nameRefusal(name: string): string | undefined {
  if (name.length > NAME_BYTES_MAX) return `ERR Client names are at most ${NAME_BYTES_MAX} bytes long.`;
  return isPrintableWord(name) ? undefined : NAME_REFUSED;
}
