// @ts-check
import { refuse } from '../api-error.js';
import { checkFields, checkObject, checkOneOf, isObject } from './check.js';
import { effortLevels } from './model-rules.js';

/** @import { ModelRules } from './model-rules.js' */

const configFields = new Set(['effort', 'format']);
const formatFields = new Set(['type', 'schema']);
const unsupported = [
  'minimum',
  'maximum',
  'exclusiveMinimum',
  'exclusiveMaximum',
  'multipleOf',
  'minLength',
  'maxLength',
  'maxItems',
  'uniqueItems',
];

/**
 * @param {unknown} value the request's `output_config`
 * @param {ModelRules} rules
 */
export function checkOutputConfig(value, { efforts }) {
  if (value === undefined) return;
  const config = checkObject(value, 'output_config');
  checkFields(config, configFields, 'output_config');
  if (config['effort'] !== undefined && config['effort'] !== null) {
    checkOneOf(config['effort'], effortLevels, 'output_config.effort');
    if (efforts.length === 0) refuse('', 'This model does not support the effort parameter.');
    if (!efforts.includes(String(config['effort']))) {
      refuse(
        '',
        `This model does not support effort level '${config['effort']}'. Supported levels: ${efforts.join(', ')}.`,
      );
    }
  }
  if (config['format'] === undefined || config['format'] === null) return;
  const format = checkObject(config['format'], 'output_config.format');
  checkOneOf(format['type'], ['json_schema'], 'output_config.format.type');
  checkFields(format, formatFields, 'output_config.format');
  checkSchema(checkObject(format['schema'], 'output_config.format.schema'));
}

/**
 * The documented limits of structured outputs: closed objects, no numeric, length or count constraints.
 * @param {Record<string, unknown>} schema
 */
function checkSchema(schema) {
  const type = schema['type'];
  if (type === 'object' && schema['additionalProperties'] !== false) {
    refuse('output_config.format.schema', "For 'object' type, 'additionalProperties' must be explicitly set to false");
  }
  for (const keyword of unsupported) {
    if (typeof type === 'string' && schema[keyword] !== undefined) {
      refuse('output_config.format.schema', `For '${type}' type, property '${keyword}' is not supported`);
    }
  }
  const groups = ['properties', '$defs', 'definitions'].map((key) => schema[key]).filter(isObject);
  const nested = [
    ...groups.flatMap((group) => Object.values(group)),
    ...['anyOf', 'allOf', 'oneOf'].flatMap((key) => schema[key] ?? []),
    schema['items'],
  ];
  for (const inner of nested) if (isObject(inner)) checkSchema(inner);
}
