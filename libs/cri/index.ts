export { type CriCallOptions, type CriClient, type CriOptions, createCriClient } from './client.ts'
export {
  type FindOptions,
  type FoundRuntime,
  findRuntime,
  KNOWN_PLACES,
  type RuntimeSocket,
  runtimeAt,
} from './find-runtime.ts'
export type * from './types.ts'
