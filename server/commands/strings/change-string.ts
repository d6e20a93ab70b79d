import type { StringOperation } from '../../../cluster/coordinator/changes/string-change.js';
import { keyOf } from '../arguments/key-argument.js';
import { type Call, refuse } from '../command.js';
import { failureText } from '../failure-text.js';

/**
 * Computes a new value of the key `call.args[1]` where the key is coordinated; `answer` writes the reply from what the
 * operation answers. The reason for which what the key holds may not allow the operation is shown with `behindRefusal`
 * behind it.
 */
export function changeString(
  call: Call,
  operation: StringOperation,
  answer: (answer: Buffer | undefined) => void,
  behindRefusal = '',
): void {
  const { server, slot, connection, args } = call;
  const key = keyOf(args[1]);
  const change = { kind: 'compute', operation } as const;
  connection.session.modify(
    connection.db,
    key.slot,
    key.text,
    change,
    undefined,
    (_state, failure, _applied, answered) => {
      if (failure !== undefined) {
        refuse(server, slot, failureText(failure) + (failure.code === 'NotApplicable' ? behindRefusal : ''));
        return;
      }
      answer(answered);
      slot.complete();
    },
  );
}

/** As `changeString`, for an operation whose answer is an integer. */
export function changeStringToInteger(call: Call, operation: StringOperation, behindRefusal = ''): void {
  const { slot } = call;
  changeString(call, operation, (answer) => slot.out.integer(Number(answer?.toString('latin1'))), behindRefusal);
}
