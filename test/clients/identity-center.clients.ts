import { test } from 'vitest';
import { describeIdentityCenter } from './support/identity-center.ts';
import { installedClients } from './support/installed.ts';

/** The clients of AWS that are on this machine, signed in by IAM Identity Center's protocols; those that are not, by name. */

const found = installedClients();
const clients = found.flatMap(([, client]) => (client === undefined ? [] : [client]));
if (clients.length > 0) describeIdentityCenter(clients);
for (const [name, client] of found) test.skipIf(client === undefined)(`${name} is on this machine`, () => undefined);
