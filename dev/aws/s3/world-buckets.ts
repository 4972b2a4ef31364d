import type { AwsState } from '../actions.ts';
import { WORLD_BUCKETS } from '../world.ts';
import { seedBucket, seedObject } from './seed.ts';

/** What is in the buckets of the local stack's world: each team has its folder. */
const OBJECTS = {
  artifacts: {
    'payments/build-42.json': '{"service":"payments","commit":"3f1c2ab","tests":"passed"}\n',
    'payments/build-43.json': '{"service":"payments","commit":"9be04d7","tests":"passed"}\n',
    'platform/build-7.json': '{"service":"gateway","commit":"c0ffee1","tests":"passed"}\n',
  },
  reports: {
    'payments/2026-09.csv': 'day,settled,refused\n2026-09-30,18204,91\n',
    'payments/2026-10.csv': 'day,settled,refused\n2026-10-31,19377,84\n',
    'platform/2026-10.csv': 'day,deployments,incidents\n2026-10-31,12,1\n',
  },
} as const satisfies Readonly<Record<keyof typeof WORLD_BUCKETS, Readonly<Record<string, string>>>>;

/** @param now epoch milliseconds */
export function seedWorldBuckets(state: AwsState, region: string, now: number): void {
  for (const name of ['artifacts', 'reports'] as const) {
    const bucket = seedBucket(state, { ...WORLD_BUCKETS[name], region }, now);
    for (const [key, content] of Object.entries(OBJECTS[name])) seedObject(bucket, key, content, now);
  }
}
