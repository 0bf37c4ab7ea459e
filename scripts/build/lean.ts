/**
 * Of `@kubernetes/client-node` we use what reads a kubeconfig and logs in (libs/kube/access.ts). That file imports the
 * generated classes of every API, an HTTP client of its own and ways to log in that people use on laptops: 18 MiB of
 * private memory in every process that loads it. They are left out of the bundle; what needs them is refused by name.
 */
import type { Plugin } from 'esbuild'

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
