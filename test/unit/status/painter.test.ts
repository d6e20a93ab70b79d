import test from 'ava';
import { Painter } from '../../../server/status/painter.js';

function paperOf(isTTY: boolean, columns = 20, rows = 4) {
  const written: string[] = [];
  const write = (text: string): boolean => {
    written.push(text);
    return true;
  };
  return { written, paper: { isTTY, columns, rows, write } };
}

test('a terminal is painted over from its first line on, never cleared, and given back as it was', (t) => {
  const { written, paper } = paperOf(true);
  const painter = new Painter(paper);
  painter.paint(['one', 'two']);
  painter.paint(['1']);
  painter.end();
  t.deepEqual(written, [
    '\x1b[?1049h\x1b[?25l\x1b[Hone\x1b[K\r\ntwo\x1b[K\x1b[J',
    '\x1b[H1\x1b[K\x1b[J',
    '\x1b[?25h\x1b[?1049l1\n',
  ]);
});

test('what does not fit on the terminal is cut, so that nothing wraps or scrolls', (t) => {
  const { written, paper } = paperOf(true, 5, 3);
  new Painter(paper).paint(['123456', '12345', 'c', 'd']);
  t.deepEqual(
    written.map((text) => text.split('\x1b[H')[1]),
    ['1234…\x1b[K\r\n12345\x1b[K\r\n… 2 …\x1b[K\x1b[J'],
  );
});

test('without a terminal the texts follow one another, in full and without escapes', (t) => {
  const { written, paper } = paperOf(false, 2, 1);
  const painter = new Painter(paper);
  painter.paint(['one', 'two']);
  painter.paint(['three']);
  painter.end();
  t.deepEqual(written, ['one\ntwo\n', '\nthree\n']);
});

test('nothing is written at the end where nothing was painted', (t) => {
  const { written, paper } = paperOf(true);
  new Painter(paper).end();
  t.deepEqual(written, []);
});
