/** A web app whose users log in: express-session over connect-redis, without a framework. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { RedisStore } from 'connect-redis';
import session from 'express-session';

declare module 'express-session' {
  interface SessionData {
    user: string;
    visits: number;
  }
}

const COOKIE_MS = 600_000;

export interface SessionApp {
  readonly url: string;
  close(): void;
}

/**
 * `/login?NAME` begins a session, `/visit` counts in it, `/logout` ends it; `/` only looks. Each answers with the user and the
 * visits so far, or with 500 and the error. A visit that changes nothing touches the session.
 */
export async function startSessionApp(store: RedisStore): Promise<SessionApp> {
  const sessions = session({
    store,
    secret: 'a secret of this test',
    resave: false,
    saveUninitialized: false,
    cookie: { maxAge: COOKIE_MS },
  });
  const server = createServer((incoming, outgoing) => {
    // The two packages' types ask for the request and response of Express, which the code itself does not need.
    const request = incoming as Parameters<typeof sessions>[0];
    const response = outgoing as Parameters<typeof sessions>[1];
    sessions(request, response, (error: unknown) => {
      if (error === undefined) answer(request, response);
      else response.writeHead(500).end(String(error));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

type Request = IncomingMessage & { session: session.Session & Partial<session.SessionData> };

function answer(request: Request, response: ServerResponse): void {
  const [path, name] = (request.url ?? '').split('?');
  const { session: own } = request;
  if (path === '/login') {
    own.user = name ?? '';
    own.visits = 0;
  }
  if (path === '/visit') own.visits = (own.visits ?? 0) + 1;
  const text = JSON.stringify([own.user ?? null, own.visits ?? null]);
  if (path !== '/logout') {
    response.end(text);
    return;
  }
  own.destroy((error: unknown) => {
    if (error === undefined || error === null) response.end('[null,null]');
    else response.writeHead(500).end(String(error));
  });
}

/** Somebody with a browser: keeps the cookie. */
export class Visitor {
  #cookie = '';

  /** What the app at `url` answers; rejects with the text of an answer that is not 200. */
  async get(url: string): Promise<unknown> {
    const response = await fetch(url, { headers: this.#cookie === '' ? {} : { cookie: this.#cookie } });
    const text = await response.text();
    if (response.status !== 200) throw new Error(text);
    const [cookie] = response.headers.getSetCookie();
    if (cookie !== undefined) this.#cookie = cookie.split(';', 1)[0] ?? '';
    return JSON.parse(text);
  }
}
