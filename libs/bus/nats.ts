/** The bus over a nats-server. Loaded by whoever has one: services of one process need none of it. */
export { type ConnectedBus, type ConnectOptions, connectBus } from './connect.ts'
export { credentialsFile, type FolderWatch, readCredentials, watchCredentials } from './credentials.ts'
export { createBusReader } from './reader.ts'
export { type EmbeddedServer, type EmbeddedServerOptions, startEmbeddedServer } from './server.ts'
export type { WatchLimits } from './watch-server.ts'
export { createBusWriter } from './writer.ts'
