/** Errors that more than one command answers with; the words are Redis's, since clients look for them. */
export const SYNTAX_ERROR = 'ERR syntax error';
export const NOT_AN_INTEGER = 'ERR value is not an integer or out of range';

/** What is said of a command that has got too few or too many arguments. */
export function wrongArity(fullName: string): string {
  return `ERR wrong number of arguments for '${fullName}' command`;
}
