import { ConfigErrors, loadConfig, type NodeDoctorConfig, withoutSecrets } from '#config'
import { type Command, OUTPUT_OPTION, wantsJson } from './command.ts'
import { EXIT_USAGE, refusalOf } from './errors.ts'
import { say, sayJson } from './print.ts'

export const validate: Command = {
  name: 'validate',
  summary: 'checks a configuration and says what would be in force',
  help: `Usage: node-doctor validate [FILE] [-o json]

Checks the file (default: what a service would read) as every service does at its start: all faults at once, each with
its file, line, key, value, what is expected, and the nearest valid name. Then says what would run and what is missing.

Options:
  -o json          the configuration in force as JSON; where it is not valid
                   { valid: false, error: { code, message, advice, problems: [{ where, path, text }] } }

Exit code: 0 valid, 2 not valid.`,
  options: { ...OUTPUT_OPTION },
  positionals: 1,
  async run(values, [file]) {
    const json = wantsJson(values)
    let config: NodeDoctorConfig
    try {
      config = await loadConfig({ ...(file === undefined ? {} : { file }), flags: [], env: process.env })
    } catch (err) {
      if (!json || !(err instanceof ConfigErrors)) throw err
      sayJson({ valid: false, error: refusalOf(err) }, 2)
      return EXIT_USAGE
    }
    if (json) {
      sayJson({ valid: true, ...withoutSecrets(config), catalog: undefined }, 2)
      return 0
    }
    const checks = config.monitors.filter(({ enabled }) => enabled)
    const lines = [
      `${config.file === '' ? 'The embedded default' : config.file} is valid.`,
      `  ${checks.length} checks: ${checks.map(({ name, type }) => (name === type ? name : `${name} (${type})`)).join(', ') || 'none'}`,
      `  ${config.plugins.length} plug-ins${config.plugins.length === 0 ? '' : `: ${config.plugins.map(({ name }) => name).join(', ')}`}`,
      `  ${config.settingsInForce.set.length} values are set, ${config.settingsInForce.defaults} are at their defaults`,
      ...(config.notes ?? []).map(({ key, text, origin }) => `  note: ${key}: ${text} (${origin.text})`),
      ...config.missing.map(({ what, origin, reason }) => `  missing: ${what} (${origin.text}): ${reason}`),
    ]
    say(lines.map((line) => line.replace(/\n/g, ' ')).join('\n'))
    return 0
  },
}
