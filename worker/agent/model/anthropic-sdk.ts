/**
 * What Fanfold loads of the SDK: the client without its resources, which are three quarters of the code; `post` needs
 * none of them. Imported late, by anthropic-clients.ts.
 */
export { BaseAnthropic } from '@anthropic-ai/sdk';
