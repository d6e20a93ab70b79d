/** The version of Redis whose commands and replies these are: clients choose features by it. */
export const REDIS_VERSION = '7.0.15';
