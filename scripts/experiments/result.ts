/** What an experiment has found. */
export interface Result {
  /** Its tables, with what is to be seen in them. */
  readonly report: string;
  /** The drawing: an SVG document. */
  readonly svg: string;
  /** What should never be, e.g. a lost item; none in a run that is sound. */
  readonly faults: readonly string[];
}
