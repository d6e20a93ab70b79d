import test from 'ava';
import { printAclFile, readAclFile } from '../../../server/acl/acl-file.js';
import { User } from '../../../server/acl/user.js';
import { catalogue, userOf } from './fixtures.js';

function read(content: string) {
  return readAclFile({ path: 'f', content, allChannels: false, create: (name) => new User(name, catalogue, false) });
}

test('a file that was printed is read as the same users', (t) => {
  const user = userOf('on', '>p', '+@read', '-get', '~a', '%R~b', '&c', '(+set ~d)');
  const users = read(printAclFile([user]));
  t.is(typeof users === 'string' ? users : users.get('u')?.describe(), user.describe());
});

test('all bad lines are told, by number', (t) => {
  t.is(
    read('user u on\nuser u off\nusers v\nuser w (+get) (~b\nuser x nope\n'),
    "WARNING: Duplicate user 'u' found on line 2. " +
      'f:3 should start with user keyword followed by the username. ' +
      'f:4: Unmatched parenthesis in selector definition.' +
      'f:5: Syntax error. ' +
      'WARNING: ACL errors detected, no change to the previously active ACL rules was performed',
  );
});
