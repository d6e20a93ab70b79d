/** An argument as a word to compare with option names: upper case, one char a byte. */
export function keyword(argument: Buffer | undefined): string {
  return argument === undefined ? '' : argument.toString('latin1').toUpperCase();
}
