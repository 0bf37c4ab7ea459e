import { z } from 'zod'
import { duration, name, SEVERITIES, socketAddress } from './kinds.ts'
import { errorThreshold, retryPolicy } from './retries.ts'

/** More would each read the whole bus. */
const EXPORTERS_MAX = 16

const exporter = z.strictObject({
  name: name.describe('Name of this exporter, unique: where it has got to is kept by it'),
  enabled: z.boolean().default(true).describe('Whether it is told anything'),
  socketAddress: socketAddress('/var/run/npd/tickets.sock')
    .meta({ aliases: ['socketPath'] })
    .describe('Its Unix socket; `unix://` before it is dropped'),
  timeout: duration({ min: '1s', max: '1h' })
    .prefault('10s')
    .describe('How long it may take to answer')
    .meta({ aliases: ['grpcTimeout'] }),
  minSeverity: z.enum(SEVERITIES).default('info').describe('Least severity of problems and events that it is told'),
  retryPolicy: retryPolicy.prefault({}).describe('How long it is waited for, once it does not take what it is told'),
  healthCheck: z.strictObject({ errorThreshold }).prefault({}).describe('When it counts as one that does not answer'),
})

/** `exporters.external[]`: somebody else's program that is told what our exporters are told, by `ExportProblems` of npd.external.v1. */
export const externalExporters = z.array(exporter).max(EXPORTERS_MAX).prefault([]).meta({ unique: 'name' })
