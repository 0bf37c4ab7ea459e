/** Programs of the host, as units of its systemd; without one as process groups of ours, where this is no container. */
import { access } from 'node:fs/promises'
import { join } from 'node:path'
import type { Files } from '../files/types.ts'
import { GROUP_IS_GONE, runAsGroup } from './group-program.ts'
import type { HostProgram, HostPrograms, ProgramEnd, ProgramOptions } from './program-types.ts'
import { forgetUnit, runAsUnit, type UnitPrograms } from './unit-program.ts'

/** Where systems have their tools; the first that has one counts. */
const FOLDERS = ['/usr/sbin', '/usr/bin', '/sbin', '/bin', '/usr/local/sbin', '/usr/local/bin'] as const
const NAME = /^[A-Za-z0-9-]{1,64}$/

/** What programs are run by. */
export interface HostProgramsOptions extends UnitPrograms {
  /** "" on the machine itself. */
  readonly root: string
  readonly files: Pick<Files, 'exists'>
}

async function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}

/** @throws TypeError for a name that is none */
export function createHostPrograms(options: HostProgramsOptions): HostPrograms {
  const { root, files, clock, folder } = options

  async function run(program: HostProgram, how: ProgramOptions): Promise<ProgramEnd> {
    if (!NAME.test(program.name)) throw new TypeError(`no name of a program: ${JSON.stringify(program.name)}`)
    const mark = `${join(folder, program.name)}.group`
    if (await isThere(mark)) return GROUP_IS_GONE
    const end = await runAsUnit(options, program, how)
    if (end.kind !== 'refused' || end.reason !== 'NoSystemBus' || root !== '') return end
    if (program.afterwards !== undefined)
      return { ...end, message: `only systemd puts back what it changes when it is killed: ${end.message}` }
    return runAsGroup(clock, mark, program, how)
  }

  return {
    run,
    async find(tool) {
      for (const each of FOLDERS) if (await files.exists(join(each, tool))) return join(each, tool)
      return undefined
    },
    prefixOf: (name) => join(folder, name),
    forget: (name) => forgetUnit(folder, name),
  }
}
