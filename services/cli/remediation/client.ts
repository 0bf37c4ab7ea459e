/** Asking the remediator, and what is said when it does not answer. */
import { connectUnix, type RpcClient } from '#rpc'
import { SERVICES, socketOf } from '#service-table'
import { explainNoAnswer, tell } from '../ask.ts'
import { CONFIG_OPTIONS, OUTPUT_OPTION, type Values } from '../command.ts'
import { configOf } from '../settings.ts'

/** It answers from what it knows. */
export const TIMEOUT_MS = 15_000

/** Every command of it takes these. */
export const REMEDIATOR_OPTIONS = { ...CONFIG_OPTIONS, ...OUTPUT_OPTION } as const

/** Of every help. */
export const OPTION_WORDS = `  --run-dir DIR    where the sockets are (env NODE_DOCTOR_RUN_DIR)
  --config FILE    the configuration that says where they are`

/** Its one socket. */
export function remediatorSocket(runDir: string): string {
  return socketOf({ name: 'remediator', kind: SERVICES.remediator.kind }, runDir)
}

/** Asks it, over a connection that ends with the answer. @returns the exit code, also where there is no answer */
export async function askRemediator(values: Values, ask: (client: RpcClient) => Promise<number>): Promise<number> {
  const { settings } = await configOf(values)
  const socket = remediatorSocket(settings.runDir)
  const client = connectUnix(socket)
  try {
    return await ask(client)
  } catch (err) {
    const asked = {
      who: 'remediator',
      socket,
      absent:
        'Are repairs switched on (remediation.enabled), and does it run? With another folder, name that: --run-dir DIR.',
    }
    return tell(explainNoAnswer(err, settings.runDir, asked), settings.runDir, values, socket)
  } finally {
    client.close()
  }
}
