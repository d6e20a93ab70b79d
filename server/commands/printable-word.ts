export const NAME_REFUSED = 'ERR Client names cannot contain spaces, newlines or special characters.';

/** Whether a name can stand in `CLIENT LIST` without breaking its lines apart: `!` to `~` only; may be empty. */
export function isPrintableWord(text: string): boolean {
  return /^[!-~]*$/.test(text);
}
