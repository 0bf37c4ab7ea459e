import { VERSION } from '#service'
import { type Command, OUTPUT_OPTION, wantsJson } from './command.ts'

export const version: Command = {
  name: 'version',
  summary: 'says which release this is',
  help: 'Usage: node-doctor version [-o json]',
  options: { ...OUTPUT_OPTION },
  positionals: 0,
  run(values) {
    const about = { version: VERSION, node: process.version, platform: `${process.platform}/${process.arch}` }
    process.stdout.write(
      wantsJson(values)
        ? `${JSON.stringify(about)}\n`
        : `node-doctor ${about.version} (Node ${about.node}, ${about.platform})\n`,
    )
    return Promise.resolve(0)
  },
}
