import type { CommandCatalogue } from './catalogue.js';
import { Selector } from './selector.js';

/** What `RESTORE` is to do with payloads of that user. Kept and shown; payloads are always checked here. */
type PayloadCheck = 'sanitize-payload' | 'skip-sanitize-payload';

/** Who may log in, how, and what they may do then. */
export class User {
  isOn = false;
  /** Any password will do. */
  needsNoPassword = false;
  payloadCheck: PayloadCheck | undefined;
  /** SHA-256, 64 hex digits each. */
  passwords: readonly string[] = [];
  root: Selector;
  /** Those beside the root: what any of them allows is allowed. */
  selectors: readonly Selector[] = [];

  /** Off, without a password and without any right. `name` has one char a byte. */
  constructor(
    readonly name: string,
    readonly catalogue: CommandCatalogue,
    allChannels: boolean,
  ) {
    this.root = new Selector(catalogue, allChannels);
  }

  /** Makes this user like the other one in all but the name. */
  become(other: User): void {
    this.isOn = other.isOn;
    this.needsNoPassword = other.needsNoPassword;
    this.payloadCheck = other.payloadCheck;
    this.passwords = other.passwords;
    this.root = other.root.copy();
    this.selectors = other.selectors.map((selector) => selector.copy());
  }

  /** A copy to try rules on. */
  copy(): User {
    const copy = new User(this.name, this.catalogue, false);
    copy.become(this);
    return copy;
  }

  /** May log in without a password. */
  get isOpen(): boolean {
    return this.isOn && this.needsNoPassword;
  }

  /** Whether there is nothing to check. */
  get isUnrestricted(): boolean {
    return this.root.isUnrestricted;
  }

  /** The words of `ACL GETUSER`. */
  flags(): string[] {
    const flags = [this.isOn ? 'on' : 'off'];
    if (this.needsNoPassword) flags.push('nopass');
    if (this.payloadCheck !== undefined) flags.push(this.payloadCheck);
    return flags;
  }

  /** All of it as rules that make it again, as in `ACL LIST` and in ACL files. */
  describe(): string {
    const passwords = this.passwords.map((hash) => `#${hash}`);
    const selectors = this.selectors.map((selector) => `(${selector.describe()})`);
    return [...this.flags(), ...passwords, this.root.describe(), ...selectors].join(' ');
  }
}
