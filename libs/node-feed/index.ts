export { type FactListener, type Facts, type FollowOptions, followNode, type NodeFeed } from './feed.ts'
export { createListening, type Listening, type Voice } from './voice.ts'
