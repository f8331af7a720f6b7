import { z } from 'zod';
import type { ErrorCode, ErrorRecord } from './fanfold-error.ts';

/** Validates records that arrive from files; unknown codes of a newer version are let through. */
export const errorRecordSchema: z.ZodType<ErrorRecord> = z.object({
  code: z.string().transform((code) => code as ErrorCode),
  message: z.string(),
  next: z.string(),
  failure: z.enum(['transient', 'permanent', 'timeout', 'cancelled', 'denied']),
  data: z.record(z.string(), z.unknown()).optional(),
  get cause() {
    return z.union([errorRecordSchema, z.object({ message: z.string() })]).optional();
  },
}) as unknown as z.ZodType<ErrorRecord>;
