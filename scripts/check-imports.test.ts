import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { checkImports, type ImportReport } from './check-imports.ts'

const ROOT = join(import.meta.dirname, '..')

/** A tree in which every rule is broken once, beside what each rule allows. */
const FILES: Record<string, string> = {
  'libs/model/index.ts': "import { hostname } from 'node:os'\nexport const name = hostname()\n",
  'libs/model/testing.ts': "import '../view/index.ts'\nexport {}\n",
  'libs/durable/index.ts': "import '../model/index.ts'\nexport {}\n",
  'libs/clock/index.ts': "import '../pace/index.ts'\nexport {}\n",
  'libs/pace/index.ts': "import '../model/index.ts'\nexport {}\n",
  'libs/steps/silent.ts': "import '../model/index.ts'\nexport {}\n",
  'libs/remedies/index.ts':
    "import '../pace/index.ts'\nimport type { parse } from '../config/a.ts'\nexport type { parse }\n",
  'libs/pattern/index.ts': "import '../model/index.ts'\nexport {}\n",
  'libs/probe/index.ts': "import '../model/index.ts'\nexport {}\n",
  'libs/cri/index.ts':
    "import '../model/index.ts'\nimport { spawn } from '../host/index.ts'\nimport '../proto/runtime/v1/api.ts'\nexport { spawn }\n",
  'libs/proto/runtime/v1/api.ts': 'export {}\n',
  'libs/golang/index.ts': "import '../model/index.ts'\nexport {}\n",
  'libs/npd-tools/index.ts': "import '../golang/index.ts'\nimport '../model/index.ts'\nexport {}\n",
  'libs/npd-words/index.ts': "import '../view/index.ts'\nexport {}\n",
  'libs/log-rules/index.ts': "import '../model/index.ts'\nimport '../view/index.ts'\nexport {}\n",
  'libs/service-table/index.ts': "import '../model/index.ts'\nexport {}\n",
  'libs/view/index.ts': "import '../wire/index.ts'\nexport {}\n",
  'libs/node-feed/index.ts': "import '../view/index.ts'\nexport {}\n",
  'libs/wire/index.ts': "import '../host/index.ts'\nexport {}\n",
  'libs/host/index.ts': "import { spawn } from 'node:child_process'\nimport '../rpc/index.ts'\nexport { spawn }\n",
  'libs/host/files/files.ts': "import '../logs/logs.ts'\nexport {}\n",
  'libs/host/acts/index.ts': 'export {}\n',
  'libs/host/logs/logs.ts': "import '../programs/run.ts'\nexport {}\n",
  'libs/host/programs/run.ts': "import { spawn } from 'node:child_process'\nexport { spawn }\n",
  'libs/rpc/index.ts': "import '../bus/index.ts'\nimport '../../services/cli/main.ts'\nexport {}\n",
  'libs/monitor-kit/index.ts': "export * from './evaluate/index.ts'\n",
  'libs/monitor-kit/evaluate/index.ts':
    "import '../source/index.ts'\nimport type { name } from '../../host/index.ts'\nexport type { name }\n",
  'libs/monitor-kit/source/index.ts': 'export {}\n',
  'libs/monitor-kit/testing/index.ts': "import 'vitest'\nimport '../../../services/cli/main.ts'\nexport {}\n",
  'libs/bus/index.ts': "import type { Server } from '@grpc/grpc-js'\nexport type { Server }\n",
  'libs/bus/nats.ts': 'export {}\n',
  'libs/config/index.ts': "import './a.ts'\nimport './b.test.ts'\nexport {}\n",
  'libs/config/a.ts': "import './b.ts'\nexport {}\n",
  'libs/config/b.ts': "import './a.ts'\nimport '../kube/index.ts'\nimport '../kube/override.ts'\nexport {}\n",
  'libs/kube/index.ts': 'export {}\n',
  'libs/kube/override.ts': 'export {}\n',
  'libs/config/b.test.ts': "import '../../services/cli/main.ts'\nimport 'vitest'\nexport {}\n",
  'services/cli/main.ts': "import '../detector/main.ts'\nimport 'esbuild'\nexport {}\n",
  'services/detector/main.ts': `import { spawn } from 'node:child_process'
import '../../libs/proto/runtime/v1/api.ts'
import { connect } from 'nats'
import { Server } from '@grpc/grpc-js'
import { pino } from 'pino'
import { Registry } from 'prom-client'
import { RE2JS } from 're2js'
import '../../libs/bus/nats.ts'
import '../../libs/host/acts/index.ts'
import { parse } from 'yaml'
import { z } from 'zod'
import './nowhere.ts'
export { spawn, connect, Server, pino, RE2JS, Registry, parse, z }
`,
  'services/monitors/one/main.ts':
    "import '../two/main.ts'\nimport '#monitor-kit/testing'\nimport './checks/x/config.ts'\nexport {}\n",
  'services/monitors/one/checks/x/config.ts': "import { z } from 'zod'\nexport const schema = z.object({})\n",
  'services/monitors/one/checks/x/evaluate.ts':
    "import { z } from 'zod'\nimport { join } from 'node:path'\nimport '#monitor-kit'\nexport { z, join }\n",
  'services/monitors/one/checks/x/source.ts':
    "import { readFile } from 'node:fs/promises'\nimport { connect } from 'node:tls'\nexport { connect, readFile }\n",
  'services/monitors/two/main.ts': "import type { schema } from '../one/checks/x/config.ts'\nexport type { schema }\n",
}

describe('the import rules', () => {
  let root: string
  let report: ImportReport

  beforeAll(() => {
    root = mkdtempSync(join(tmpdir(), 'nd-imports-'))
    for (const file of ['package.json', 'tsconfig.json']) cpSync(join(ROOT, file), join(root, file))
    symlinkSync(join(ROOT, 'node_modules'), join(root, 'node_modules'))
    for (const [file, text] of Object.entries(FILES)) {
      mkdirSync(dirname(join(root, file)), { recursive: true })
      writeFileSync(join(root, file), text)
    }
    report = checkImports(root)
  })
  afterAll(() => rmSync(root, { recursive: true, force: true }))

  it.each([
    'check-config-for-types-only: services/monitors/one/main.ts -> services/monitors/one/checks/x/config.ts',
    'bus-by-context: services/detector/main.ts -> libs/bus/nats.ts',
    'config-of-kube-a-text: libs/config/b.ts -> libs/kube/index.ts',
    'child-processes-in-host: libs/host/index.ts -> child_process',
    'child-processes-in-host: services/detector/main.ts -> child_process',
    'clock-alone: libs/clock/index.ts -> libs/pace/index.ts',
    'cri-narrow: libs/cri/index.ts -> libs/model/index.ts',
    'cri-of-host-types-only: libs/cri/index.ts -> libs/host/index.ts',
    'durable-alone: libs/durable/index.ts -> libs/model/index.ts',
    'evaluate-pure: services/monitors/one/checks/x/evaluate.ts -> libs/monitor-kit/index.ts',
    'evaluate-pure: services/monitors/one/checks/x/evaluate.ts -> zod',
    'evaluate-without-io: services/monitors/one/checks/x/evaluate.ts -> path',
    'golang-pure: libs/golang/index.ts -> libs/model/index.ts',
    'host-logs-above: libs/host/files/files.ts -> libs/host/logs/logs.ts',
    'host-not-rpc: libs/host/index.ts -> libs/rpc/index.ts',
    'kit-evaluate-pure: libs/monitor-kit/evaluate/index.ts -> libs/monitor-kit/source/index.ts',
    'libs-not-services: libs/rpc/index.ts -> services/cli/main.ts',
    'log-rules-pure: libs/log-rules/index.ts -> libs/view/index.ts',
    'model-not-view: libs/model/testing.ts -> libs/view/index.ts',
    'model-pure: libs/model/index.ts -> os',
    'monitors-apart: services/monitors/one/main.ts -> services/monitors/two/main.ts',
    'monitors-read-through-host: services/monitors/one/checks/x/source.ts -> fs/promises',
    'monitors-ask-by-probe: services/monitors/one/checks/x/source.ts -> tls',
    'node-feed-narrow: libs/node-feed/index.ts -> libs/view/index.ts',
    'no-cycles: libs/config/a.ts -> libs/config/b.ts',
    'no-undeclared-packages: services/cli/main.ts -> esbuild',
    'no-unresolvable: services/detector/main.ts -> ./nowhere.ts',
    'npd-tools-narrow: libs/npd-tools/index.ts -> libs/model/index.ts',
    'npd-words-pure: libs/npd-words/index.ts -> libs/view/index.ts',
    'only-host-actions-acts: services/detector/main.ts -> libs/host/acts/index.ts',
    'only-cri-speaks-cri: services/detector/main.ts -> libs/proto/runtime/v1/api.ts',
    'only-bus-speaks-nats: services/detector/main.ts -> nats',
    'only-config-parses-yaml: services/detector/main.ts -> yaml',
    'only-pattern-compiles: services/detector/main.ts -> re2js',
    'only-rpc-speaks-grpc: services/detector/main.ts -> @grpc/grpc-js',
    'only-service-logs: services/detector/main.ts -> pino',
    'only-service-measures: services/detector/main.ts -> prom-client',
    'pace-pure: libs/pace/index.ts -> libs/model/index.ts',
    'pattern-alone: libs/pattern/index.ts -> libs/model/index.ts',
    'probe-narrow: libs/probe/index.ts -> libs/model/index.ts',
    'product-not-tests: services/monitors/one/main.ts -> libs/monitor-kit/testing/index.ts',
    'product-not-tests: libs/config/index.ts -> libs/config/b.test.ts',
    'remedies-pure: libs/remedies/index.ts -> libs/pace/index.ts',
    'rpc-not-bus: libs/rpc/index.ts -> libs/bus/index.ts',
    'service-table-alone: libs/service-table/index.ts -> libs/model/index.ts',
    'services-apart: services/cli/main.ts -> services/detector/main.ts',
    'steps-alone: libs/steps/silent.ts -> libs/model/index.ts',
    'view-narrow: libs/view/index.ts -> libs/wire/index.ts',
    'wire-narrow: libs/wire/index.ts -> libs/host/index.ts',
    'zod-in-schemas: services/detector/main.ts -> zod',
  ])('find %s', (violation) => {
    expect(report.violations).toContain(violation)
  })

  it('let types of a vendor pass, and tests build what they need', () => {
    expect(
      report.violations.filter((text) =>
        [
          /-speaks-grpc: libs\/bus/,
          /: libs\/host\/(logs|programs)\//,
          /: libs\/config\/b.test.ts -> /,
          /: libs\/monitor-kit\/testing\/index.ts -> /,
          /-speaks-cri: libs\/cri/,
          /kit-evaluate-pure: .* -> libs\/host\//,
          /config-of-kube-a-text: .* -> libs\/kube\/override/,
        ].some((pattern) => pattern.test(text)),
      ),
    ).toEqual([])
  })

  it('have seen every file', () => {
    expect(report.unseen).toEqual([])
    expect(report.modules).toBeGreaterThan(Object.keys(FILES).length)
  })
})
