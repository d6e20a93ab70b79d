import type { Case, CaseFamily } from '../case.js';

const transactions: readonly Case[] = [
  ['MULTI x', 'EXEC x', 'DISCARD x', 'WATCH', 'UNWATCH x', 'EXEC', 'DISCARD', 'UNWATCH'],
  ['MULTI', 'SET k v', 'GET k', 'INCR k2', 'EXEC', 'GET k', 'EXEC'],
  ['MULTI', 'EXEC', 'MULTI', 'MULTI', 'WATCH k', 'SET k 1', 'EXEC', 'GET k'],
  ['MULTI', 'SET k v', 'DISCARD', 'GET k', 'MULTI', 'SET k v', 'RESET', 'EXEC', 'GET k'],
  ['MULTI', 'SET k', 'SET k v', 'EXEC', 'GET k'],
  ['MULTI', 'NOSUCH k', 'EXEC', 'MULTI', 'CLIENT NOSUCH', 'EXEC', 'PING'],
  ['SET k v', 'MULTI', 'INCR k', 'SET k w', 'INCRBY k x', 'EXEC', 'GET k'],
  ['MULTI', 'SET k v EX 100', 'PTTL k2', 'MGET k k2', 'DEL k k2', 'EXEC', 'EXISTS k'],
  ['WATCH k k2', 'SET k v', 'MULTI', 'SET k2 w', 'EXEC', 'GET k2', 'MULTI', 'SET k2 w', 'EXEC', 'GET k2'],
  ['WATCH k', 'UNWATCH', 'SET k v', 'MULTI', 'PING', 'EXEC'],
  ['WATCH k', 'MULTI', 'SET k v', 'EXEC', 'WATCH k', 'DEL k', 'MULTI', 'PING', 'EXEC', 'PING'],
  ['MULTI', 'SELECT 1', 'SET k v', 'SELECT 0', 'GET k', 'EXEC', 'SELECT 1', 'DEL k', 'SELECT 0'],
  ['MULTI', 'SET k v', 'FLUSHDB', 'SET k2 w', 'EXEC', 'EXISTS k k2', 'PING'],
  [{ raw: 'MULTI\r\nSET k 1\r\nINCR k\r\nEXEC\r\nGET k\r\nMULTI\r\nGET k\r\nDISCARD\r\nPING\r\n' }],
  ['COMMAND INFO multi exec discard watch unwatch'],
];

export const transactionFamilies: readonly CaseFamily[] = [{ name: 'transactions', cases: transactions }];
