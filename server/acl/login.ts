import type { User } from './user.js';

/** Who a connection acts for. The flags are kept up to date by the access control, so that the hot path reads only them. */
export class Login {
  /** Whether a login has succeeded, or none was needed when the connection began. */
  isAuthenticated = false;
  /** Nothing needs to be checked: logged in, where that is needed, as a user who may do everything. */
  isUnrestricted = false;
  /** Has to log in before anything else. */
  isStranger = true;

  constructor(public user: User) {}
}
