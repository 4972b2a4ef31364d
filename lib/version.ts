/** The release; a test holds it equal to package.json's and CHANGELOG.md's. */
export const VERSION = '0.1.0';
