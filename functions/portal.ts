import * as z from 'zod/mini';
import { auditFilter } from '../lib/audit/filter.ts';
import { listOwnSessions, listRoles, readAuditLog } from '../lib/broker.ts';
import { type Broker, type BrowserParts, composePortal } from '../lib/compose.ts';
import { Fault } from '../lib/fault.ts';
import { ROLE_ID } from '../lib/http/contract.ts';
import { htmlPage, pageHandler, seeOther } from '../lib/http/page-handler.ts';
import { problemOfDenial } from '../lib/http/problem.ts';
import { decoded, noQuery, query } from '../lib/http/request.ts';
import { rolePath } from '../lib/portal/account.ts';
import { PAGE_SCRIPT } from '../lib/portal/assets.ts';
import { auditPage } from '../lib/portal/audit-page.ts';
import { faultPage } from '../lib/portal/fault-page.ts';
import { homePage } from '../lib/portal/home-page.ts';
import type { Person } from '../lib/portal/layout.ts';
import { type PreferenceStore, preferenceStore } from '../lib/portal/preferences.ts';
import { rolePage } from '../lib/portal/role-page.ts';
import { sessionsPage } from '../lib/portal/sessions-page.ts';
import { sessionSecret } from '../lib/sso/cookies.ts';
import { csrfToken, formBody } from '../lib/sso/forms.ts';

const DAY = 86_400_000;
const SESSIONS_ON_A_PAGE = 100;
const RECORDS_ON_A_PAGE = 50;

const WITH_SCRIPT = { scripts: [PAGE_SCRIPT.integrity] } as const;

/** The pages of the portal, for whoever has a browser session. Looks only: what opens a session is elsewhere. */
export function portalPages(parts: Broker & BrowserParts, preferences: PreferenceStore = preferenceStore(parts.table)) {
  return pageHandler(
    parts,
    [
      {
        method: 'GET',
        path: '/',
        async handler(event, scope) {
          // STS takes its parameters here too. A token in an address is not sent on to the sign-in and back.
          if (new URLSearchParams(event.rawQueryString).has('Action')) {
            throw new Fault('operation_unknown', 'a call to STS by GET');
          }
          const secret = sessionSecret(event);
          let search = '';
          const { caller, permissions, roles } = await listRoles(parts, scope, {
            token: () => secret,
            request: () => {
              search = query(event, z.strictObject({ q: z.optional(z.string().check(z.maxLength(100))) })).q ?? '';
            },
          });
          const person = personOf(secret, caller.username, permissions);
          const { favourites, recents } = await preferences.read(caller);
          return htmlPage(homePage({ person, standings: roles, search, favourites, recents }), WITH_SCRIPT);
        },
      },
      {
        method: 'GET',
        path: '/roles/{account}/{role}',
        async handler(event, scope) {
          const secret = sessionSecret(event);
          const { caller, permissions, roles } = await listRoles(parts, scope, {
            token: () => secret,
            request: () => noQuery(event),
          });
          const { account, role } = event.pathParameters ?? {};
          const id = `${account}/${decoded(role)}`;
          const standing = roles.find((one) => one.role.id === id);
          if (standing === undefined) throw new Fault('not_found', 'the person has no role of this name');
          const { favourites } = await preferences.read(caller);
          const path = rolePath(id);
          const page = rolePage({
            person: personOf(secret, caller.username, permissions),
            standing,
            isFavourite: favourites.includes(id),
            issuer: caller.issuer,
            origin: parts.origin,
            tokens: {
              console: csrfToken(secret, `${path}/console`),
              credentials: csrfToken(secret, `${path}/credentials`),
              preferences: csrfToken(secret, '/preferences'),
            },
          });
          return htmlPage(page, { ...WITH_SCRIPT, formTargets: parts.consoleOrigins(standing.role.partition) });
        },
      },
      {
        method: 'POST',
        path: '/preferences',
        async handler(event, scope) {
          const secret = sessionSecret(event);
          let wish: z.infer<typeof favouriteForm> | undefined;
          const { caller, roles } = await listRoles(parts, scope, {
            token: () => secret,
            request: () => {
              wish = formBody(event, favouriteForm, { secret, action: '/preferences', origin: parts.origin });
            },
          });
          const { role = '', favourite } = wish ?? {};
          if (!roles.some((one) => one.role.id === role)) throw new Fault('not_found', 'the person has no such role');
          await preferences.setFavourite(caller, role, favourite === 'yes');
          return seeOther(rolePath(role));
        },
      },
      {
        method: 'GET',
        path: '/sessions',
        async handler(event, scope) {
          const secret = sessionSecret(event);
          const { caller, permissions, records, cursor } = await listOwnSessions(parts, scope, {
            token: () => secret,
            request: () => {
              const { cursor: from } = query(event, z.strictObject({ cursor: z.optional(recordKey) }));
              const now = parts.clock();
              return { since: now - 30 * DAY, until: now + 1, limit: SESSIONS_ON_A_PAGE, cursor: from };
            },
          });
          const person = personOf(secret, caller.username, permissions);
          const older = cursor === undefined ? undefined : `/sessions?${new URLSearchParams({ cursor })}`;
          return htmlPage(sessionsPage({ person, records, older, now: parts.clock() }));
        },
      },
      {
        method: 'GET',
        path: '/audit',
        async handler(event, scope) {
          const secret = sessionSecret(event);
          const given = filled(event.rawQueryString);
          const page = await readAuditLog(parts, scope, {
            token: () => secret,
            request: () => ({
              ...auditFilter({ ...event, rawQueryString: given.toString() }, parts.clock()),
              limit: RECORDS_ON_A_PAGE,
            }),
          });
          if (page.effect === 'denied') {
            return htmlPage(faultPage(problemOfDenial(page.missing, scope)), { status: 403 });
          }
          const { cursor, ...filters } = Object.fromEntries(given);
          const next =
            page.cursor === undefined
              ? undefined
              : `/audit?${new URLSearchParams({ ...filters, cursor: page.cursor })}`;
          const person = personOf(secret, page.caller.username, ['audit:read']);
          return htmlPage(auditPage({ person, records: page.records, filters, next }));
        },
      },
    ],
    faultPage,
  );
}

export const handler = portalPages(composePortal(process.env));

const favouriteForm = z.strictObject({
  role: z.string().check(z.regex(ROLE_ID)),
  favourite: z.enum(['yes', 'no']),
});

const recordKey = z.string().check(z.regex(/^[0-9A-Z]{26}#(intent|outcome)$/, 'not a place in the log'));

function personOf(secret: string, username: string, permissions: readonly string[]): Person {
  return {
    username,
    signOutToken: csrfToken(secret, 'sign-out'),
    mayReadAudit: permissions.includes('audit:read'),
  };
}

/** A form sends its empty fields too; an empty filter is none. */
function filled(rawQueryString: string): URLSearchParams {
  return new URLSearchParams([...new URLSearchParams(rawQueryString)].filter(([, value]) => value !== ''));
}
