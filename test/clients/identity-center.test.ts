import { describeIdentityCenter } from './support/identity-center.ts';
import { javaScript } from './support/installed.ts';

/** The AWS SDK for JavaScript, unmodified, signed in as the stock AWS tools are. */

const login = javaScript('fromLoginCredentials');

describeIdentityCenter([
  { name: 'fromSSO', program: javaScript('fromSSO'), asksAgain: true, loginProgram: login },
  { name: 'fromIni', program: javaScript('fromIni'), asksAgain: true },
  { name: 'fromNodeProviderChain', program: javaScript('fromNodeProviderChain'), asksAgain: true },
]);
