import { familyTable } from '../../server/commands/families.js';
import { commandRows, commandTable } from '../../server/commands/table.js';
import { optionTable } from '../../server/config/option-table.js';

/** The parts of the README that are made from the code, by the name in their markers. */
const SECTIONS: Readonly<Record<string, () => string>> = {
  families: () => familyTable(commandRows),
  commands: commandTable,
  options: optionTable,
};

/** Gives the README's text with every table as the code has it. Throws when the markers of one are missing. */
export function withTables(readme: string): string {
  return Object.entries(SECTIONS).reduce((text, [name, table]) => replaceSection(text, name, table()), readme);
}

/**
 * Puts `content` between `<!-- NAME:begin -->` and `<!-- NAME:end -->`, each of which must stand once, in this order.
 * Throws otherwise.
 */
export function replaceSection(text: string, name: string, content: string): string {
  const [begin, end] = [`<!-- ${name}:begin -->`, `<!-- ${name}:end -->`];
  const [before, rest, ...moreBegins] = text.split(begin);
  const [, after, ...moreEnds] = (rest ?? '').split(end);
  if (after === undefined || moreBegins.length + moreEnds.length > 0) {
    throw new Error(`expected '${begin}' and then '${end}', each once`);
  }
  return `${before}${begin}\n\n${content.trim()}\n\n${end}${after}`;
}
