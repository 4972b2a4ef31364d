import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import * as z from 'zod/mini';
import { Fault } from '../../fault.ts';
import { headerOf, query } from '../../http/request.ts';

/**
 * The requests of AWS SSO (2019-06-10): the access token in a header, the rest in the query string.
 *
 * @see https://docs.aws.amazon.com/singlesignon/latest/PortalAPIReference/API_Operations.html
 */
const HEADER = 'x-amz-sso_bearer_token';

/** @throws Fault `token_missing` */
export function accessToken(event: APIGatewayProxyEventV2): string {
  const value = headerOf(event, HEADER);
  if (!value) throw new Fault('token_missing', `no ${HEADER} header`);
  return value;
}

const accountId = z.string().check(z.regex(/^[0-9]{12}$/, 'an account id is twelve digits'));

const page = {
  next_token: z.optional(z.string().check(z.maxLength(512))),
  max_result: z.optional(
    z.pipe(
      z.pipe(z.string().check(z.regex(/^[0-9]{1,4}$/, 'a number')), z.transform(Number)),
      z.int().check(z.gte(1), z.lte(1000)),
    ),
  ),
};

const accountsQuery = z.strictObject(page);
const rolesQuery = z.strictObject({ account_id: accountId, ...page });
const credentialsQuery = z.strictObject({
  account_id: accountId,
  role_name: z.string().check(z.regex(/^[A-Za-z0-9_+=,.@-]{1,64}$/, 'not the name of a role')),
});

/** @throws RequestFault */
export function readAccountsQuery(event: APIGatewayProxyEventV2) {
  const { next_token: nextToken, max_result: maxResult } = query(event, accountsQuery);
  return { nextToken, maxResult };
}

/** @throws RequestFault */
export function readRolesQuery(event: APIGatewayProxyEventV2) {
  const { account_id: account, next_token: nextToken, max_result: maxResult } = query(event, rolesQuery);
  return { account, nextToken, maxResult };
}

/** @throws RequestFault */
export function readCredentialsQuery(event: APIGatewayProxyEventV2) {
  const { account_id: account, role_name: roleName } = query(event, credentialsQuery);
  return { account, roleName };
}
