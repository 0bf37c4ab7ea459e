/** For the source.ts of a check: reading the machine, and the kernel's text. */
export { MalformedSourceError } from './errors.ts'
export * from './kernel-text.ts'
export { readMachine } from './machine.ts'
export * from './nvidia-gpus.ts'
export * from './observe.ts'
