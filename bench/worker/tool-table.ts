import { inProcessAws } from '../in-process-aws.ts';

interface Request {
  readonly hostname: string;
  readonly body?: unknown;
}

/** AWS without a network, with a table that keeps the sessions of tools and nothing else. */
export function toolTable() {
  const items = new Map<string, string>();
  return {
    ...inProcessAws,
    async handle(request: Request) {
      if (request.hostname.startsWith('sts.')) return inProcessAws.handle(request);
      const body = new TextDecoder().decode(request.body as Uint8Array);
      const [, pk] = /"pk":\{"S":"(tool#[0-9a-f]+)"\}/.exec(body) ?? [];
      if (pk === undefined) return inProcessAws.handle(request);
      const { Item } = JSON.parse(body) as { Item?: object };
      if (Item === undefined) return inProcessAws.answer(items.get(pk) ?? '{}');
      items.set(pk, JSON.stringify({ Item }));
      return inProcessAws.answer('{}');
    },
  } as never;
}
