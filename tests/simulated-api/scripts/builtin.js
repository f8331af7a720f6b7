// @ts-check
import { echo } from './echo.js';
import { editFiles } from './edit-files.js';
import { readFiles } from './read-files.js';

/** @import { Script } from '../types.d.ts' */

/** @type {Record<string, Script>} */
export const builtinScripts = { 'read-files': readFiles, 'edit-files': editFiles, echo };
