/** A configuration held against the rules, as a value: for those who want to say what is wrong, not to start. */
import { ConfigErrors, type ConfigProblem } from './errors.ts'
import { type LoadOptions, loadConfig } from './load.ts'
import type { NodeDoctorConfig } from './types.ts'

export type Validation =
  | { readonly valid: true; readonly config: NodeDoctorConfig }
  | {
      readonly valid: false
      readonly source: string
      readonly problems: readonly ConfigProblem[]
      readonly message: string
    }

/** What a start with this file would find. `file` undefined: the file that a service would read. */
export async function validateFile(file: string | undefined, options: LoadOptions): Promise<Validation> {
  try {
    return { valid: true, config: await loadConfig({ ...options, file }) }
  } catch (err) {
    if (!(err instanceof ConfigErrors)) throw err
    return { valid: false, source: err.source, problems: err.problems, message: err.message }
  }
}
