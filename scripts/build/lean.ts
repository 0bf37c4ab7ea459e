/**
 * Of `@kubernetes/client-node` we use what reads a kubeconfig and logs in (libs/kube/access.ts). That file imports the
 * generated classes of every API, an HTTP client of its own and ways to log in that people use on laptops: 18 MiB of
 * private memory in every process that loads it. They are left out of the bundle; what needs them is refused by name.
 */
import { readFile } from 'node:fs/promises'
import { isBuiltin } from 'node:module'
import type { Plugin } from 'esbuild'
import type { JsonSchema } from '../../libs/config/walk/json-schema.ts'
import { withoutWords } from '../catalog/json-schema.ts'

/** Modules that are imported there and never reached by us. */
const LEFT_OUT =
  /^(?:undici|socks|socks-proxy-agent|openid-client|hpagent|\.\/gen\/index\.js|\.\/(?:oidc|gcp|azure)_auth\.js|\.\/middleware\.js)$/
const FROM = /[\\/]@kubernetes[\\/]client-node[\\/]dist[\\/]config\.js$/

const NAMES = [
  'Agent',
  'AzureAuth',
  'createConfiguration',
  'GoogleCloudPlatformAuth',
  'HttpProxyAgent',
  'HttpsProxyAgent',
  'OpenIDConnectAuth',
  'ProxyAgent',
  'ServerConfiguration',
  'setHeaderMiddleware',
  'SocksClient',
  'SocksProxyAgent',
]

/** An authenticator that is nobody's; anything else of it is an error that says so. */
const STAND_IN = `class LeftOut { isAuthProvider() { return false } }
${NAMES.map((name) => `export const ${name} = LeftOut`).join('\n')}`

export const leanKubeClient: Plugin = {
  name: 'lean-kube-client',
  setup(build) {
    build.onResolve({ filter: LEFT_OUT }, ({ importer, path }) =>
      FROM.test(importer) ? { path, namespace: 'left-out' } : undefined,
    )
    build.onLoad({ filter: /.*/, namespace: 'left-out' }, () => ({ contents: STAND_IN, loader: 'js' }))
  },
}

/** Of the gRPC packages the implementation of @grpc/reflection reads the numbers of these. */
const STATUS = 'export const status = { UNKNOWN: 2, NOT_FOUND: 5, UNIMPLEMENTED: 12 }'
const REFLECTION = /[\\/]@grpc[\\/]reflection[\\/]build[\\/]src[\\/]implementations[\\/]/

/**
 * @grpc/reflection imports a server and a loader of .proto files for what we do not use of it (`addToServer`): without
 * them the entry is a third, and who loads it has no second gRPC in memory.
 */
export const leanReflection: Plugin = {
  name: 'lean-reflection',
  setup(build) {
    build.onResolve({ filter: /^@grpc\/(?:grpc-js|proto-loader)$/ }, ({ importer, path }) =>
      REFLECTION.test(importer) ? { path, namespace: 'reflection' } : undefined,
    )
    build.onLoad({ filter: /.*/, namespace: 'reflection' }, () => ({ contents: STATUS, loader: 'js' }))
  },
}

/** What answers where grpc-js would read .proto files at run time: for its own channelz and load reports, which we serve nowhere. */
const NO_LOADER = `export function loadSync() { throw new Error('this bundle reads no .proto files') }`
const GRPC = /[\\/]@grpc[\\/]grpc-js[\\/]/

/** How calls are spread over many servers by what those say of themselves: behind a socket is one, and no configuration of it asks for more. */
const UNUSED_BALANCERS = /^\.\/load-balancer-(?:outlier-detection|weighted-round-robin)$/
const NO_BALANCER = 'export function setup() {}'

/**
 * @grpc/proto-loader and protobufjs, which nobody calls, and two ways of spreading calls, which nobody asks for, out of every bundle: their
 * text would stay in memory.
 */
export const leanGrpc: Plugin = {
  name: 'lean-grpc',
  setup(build) {
    build.onResolve({ filter: /^@grpc\/proto-loader$/ }, ({ importer, path }) =>
      GRPC.test(importer) ? { path, namespace: 'no-loader' } : undefined,
    )
    build.onLoad({ filter: /.*/, namespace: 'no-loader' }, () => ({ contents: NO_LOADER, loader: 'js' }))
    build.onResolve({ filter: UNUSED_BALANCERS }, ({ importer, path }) =>
      GRPC.test(importer) ? { path, namespace: 'no-balancer' } : undefined,
    )
    build.onLoad({ filter: /.*/, namespace: 'no-balancer' }, () => ({ contents: NO_BALANCER, loader: 'js' }))
  },
}

/** Compilers of schemas (no route has one), versions of plug-ins (there are none), and requests without a socket (tests'). */
const UNUSED_BY_FASTIFY = /^(?:@fastify\/ajv-compiler|@fastify\/fast-json-stringify-compiler|semver|light-my-request)$/
const FASTIFY = /[\\/]node_modules[\\/]fastify[\\/]/

/** What fastify would only ask for where it is used otherwise: a sixth of the http-exporter's bundle. Refused by name. */
export const leanFastify: Plugin = {
  name: 'lean-fastify',
  setup(build) {
    build.onResolve({ filter: UNUSED_BY_FASTIFY }, ({ importer, path }) =>
      FASTIFY.test(importer) ? { path, namespace: 'unused-by-fastify' } : undefined,
    )
    build.onLoad({ filter: /.*/, namespace: 'unused-by-fastify' }, ({ path }) => ({
      contents: `module.exports = () => { throw new Error(${JSON.stringify(`this bundle has no ${path}`)}) }`,
      loader: 'js',
    }))
  },
}

const PINO = /[\\/](?:pino|thread-stream)[\\/]/

/** The threads by which pino can hand lines on: ours are written where they are made, and to load what makes threads is 0.2 MiB. */
export const leanPino: Plugin = {
  name: 'lean-pino',
  setup(build) {
    build.onResolve({ filter: /^(?:thread-stream|worker_threads)$/ }, ({ importer, path }) =>
      PINO.test(importer) ? { path, namespace: 'no-threads' } : undefined,
    )
    build.onLoad({ filter: /.*/, namespace: 'no-threads' }, ({ path }) => ({
      contents:
        path === 'worker_threads'
          ? 'exports.isMainThread = true'
          : `module.exports = class { constructor() { throw new Error('this bundle has no ${'${path}'}') } }`,
      loader: 'js',
    }))
  },
}

/** Our own manifest: a process asks it for its version, and for nothing else that stands there. */
export const leanManifest: Plugin = {
  name: 'lean-manifest',
  setup(build) {
    build.onLoad({ filter: /[\\/]package\.json$/ }, async ({ path }) => {
      if (/[\\/]node_modules[\\/]/.test(path)) return undefined
      const { version } = JSON.parse(await readFile(path, 'utf8')) as { readonly version: string }
      return { contents: JSON.stringify({ version }), loader: 'json' }
    })
  },
}

/** Of keys and conditions what their pages alone say. */
const FOR_PAGES = new Set(['source', 'warning', 'critical', 'sustained'])

/**
 * The catalogue of checks as processes ask it: how keys and conditions are described is for the docs, which are made from the file.
 * @param monitors whose checks stay in it; default: all
 */
export function catalogForProcesses(text: string, monitors?: readonly string[]): string {
  const { checks, ...rest } = JSON.parse(text) as { readonly checks: readonly Record<string, unknown>[] }
  const known = checks.filter(({ monitor }) => monitors === undefined || monitors.includes(String(monitor)))
  const lean = known.map((check) => ({
    ...check,
    schema: withoutWords(check['schema'] as JsonSchema),
    conditions: (check['conditions'] as readonly Record<string, unknown>[]).map((condition) =>
      Object.fromEntries(Object.entries(condition).map(([key, value]) => [key, FOR_PAGES.has(key) ? '' : value])),
    ),
  }))
  return JSON.stringify({ ...rest, checks: lean })
}

/** @param monitors whose checks stay in it; default: all */
export const leanCatalog = (monitors?: readonly string[]): Plugin => ({
  name: 'lean-catalog',
  setup(build) {
    build.onLoad({ filter: /[\\/]libs[\\/]config[\\/]catalog\.json$/ }, async ({ path }) => ({
      contents: catalogForProcesses(await readFile(path, 'utf8'), monitors),
      loader: 'json',
    }))
  },
})

/** The names by which programs ask for what comes with Node. */
const BUILT_IN = /^(?:node:.+|[a-z_][a-z0-9_]*(?:\/[a-z]+)?)$/

/** What a module of ours imports of it by name, and nothing else of it: what nobody names is read by nobody. */
function asModule(name: string): string {
  const names = Object.keys(process.getBuiltinModule(name) ?? {}).filter((key) => key !== 'default')
  const built = `const built = /* @__PURE__ */ process.getBuiltinModule(${JSON.stringify(name)})`
  const exported = names.map((key, index) => {
    const read = `const value${index} = /* @__PURE__ */ Reflect.get(built, ${JSON.stringify(key)})`
    return `${read}\nexport { value${index} as ${JSON.stringify(key)} }`
  })
  return [built, ...exported, 'export default built'].join('\n')
}

/**
 * Takes what comes with Node by `process.getBuiltinModule`: an `import` of `node:http` reads all that it exports, and
 * with that loads the HTTP client behind `fetch`, a fifth of a start, in processes that never fetch. Each name that is imported is read
 * by itself: as CommonJS every importing file would have a getter of its own for every name, six thousand in a process, 1 MiB.
 */
export const leanBuiltIns: Plugin = {
  name: 'lean-built-ins',
  setup(build) {
    build.onResolve({ filter: BUILT_IN }, ({ path, kind }) =>
      isBuiltin(path)
        ? {
            path: path.replace(/^(?!node:)/, 'node:'),
            namespace: kind === 'import-statement' ? 'built-in' : 'built-in-required',
          }
        : undefined,
    )
    build.onLoad({ filter: /.*/, namespace: 'built-in' }, ({ path }) => ({ contents: asModule(path), loader: 'js' }))
    build.onLoad({ filter: /.*/, namespace: 'built-in-required' }, ({ path }) => ({
      contents: `module.exports = process.getBuiltinModule(${JSON.stringify(path)})`,
      loader: 'js',
    }))
  },
}
