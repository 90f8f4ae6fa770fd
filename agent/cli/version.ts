/** The version of svcmgr; equal to package.json by test. */
export const version = '0.1.0';
