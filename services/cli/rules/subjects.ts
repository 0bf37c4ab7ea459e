/** What rules are to be tried: a pack, the log checks of a configuration, or a file of node-problem-detector. */
import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { ConfigErrors, type ConfigFlag, loadConfig, nearestName } from '#config'
import { PACKS, packOf, type RehearsedCheck } from '#log-rules'
import { CliUsageError } from '../errors.ts'

/** Checks of logs, whatever else a configuration has. */
const LOG_CHECK = /^(?:npd-log|log-)/
const KERNEL_CHECK = 'log-kernel'
const OWN_KIND = /^\s*["']?kind["']?\s*:\s*["']?NodeDoctorConfig\b/m

function reasonOf(err: unknown): string {
  return err instanceof Error && 'code' in err ? String(err.code) : String(err)
}

/** @throws CliUsageError where there is no such file, nor such a pack */
async function textOfFile(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (err) {
    const names = [KERNEL_CHECK, ...PACKS.map(({ name }) => name)]
    const near = nearestName(path, names)
    const isPath = /[/.]/.test(path)
    const advice =
      near === undefined
        ? `packs are ${PACKS.map(({ name }) => name).join(', ')}`
        : `did you mean ${near === KERNEL_CHECK ? 'check' : 'pack'} ${near}?`
    throw new CliUsageError(
      isPath
        ? `rules test: cannot read ${path}: ${reasonOf(err)}`
        : `rules test: ${JSON.stringify(path)} is no file and no pack; ${advice}`,
    )
  }
}

async function checksOf(path: string): Promise<readonly RehearsedCheck[]> {
  const config = await loadConfig({ file: path, flags: [], env: process.env })
  const checks = config.monitors.filter(({ type, enabled }) => enabled && LOG_CHECK.test(type))
  if (checks.length === 0) throw new CliUsageError(`rules test: ${path} has no check of a log`)
  // One that is added by default is of another log than those that somebody wrote.
  const written = checks.filter(({ origin }) => origin.layer !== 'default')
  return written.length === 0 ? checks : written
}

/** Read as the configuration reads it that names it and nothing else. */
async function npdCheckOf(path: string): Promise<readonly RehearsedCheck[]> {
  const file = resolve(path)
  const flags: ConfigFlag[] = [{ key: 'npd.systemLogMonitors', value: JSON.stringify([file]), flag: path }]
  const config = await loadConfig({ flags, env: {}, defaultFile: '' })
  const faults = config.npd.files.flatMap((one) => one.faults)
  if (faults.length > 0) throw new ConfigErrors(path, faults)
  return config.monitors.filter(
    ({ type, config: of }) => type === 'npd-log' && (of as { readonly path?: unknown }).path === file,
  )
}

/** The check as it is where a configuration says no more than its type. */
async function kernelCheck(): Promise<readonly RehearsedCheck[]> {
  const value = JSON.stringify([{ name: KERNEL_CHECK, type: KERNEL_CHECK }])
  const config = await loadConfig({ flags: [{ key: 'monitors', value, flag: KERNEL_CHECK }], env: {}, defaultFile: '' })
  return config.monitors.filter(({ name }) => name === KERNEL_CHECK)
}

/** @throws CliUsageError, ConfigErrors */
export async function subjectsOf(named: string): Promise<readonly RehearsedCheck[]> {
  if (named === KERNEL_CHECK) return kernelCheck()
  const packs = named.split(',')
  if (packs.every((name) => packOf(name) !== undefined)) return [{ name: named, type: 'pack', config: { packs } }]
  const text = await textOfFile(named)
  return OWN_KIND.test(text) ? checksOf(named) : npdCheckOf(named)
}
