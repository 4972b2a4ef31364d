/**
 * Loaded into a child process before anything else (`node --import`): when the parent dies, however it dies, the
 * channel between them closes, and the child goes too instead of holding its ports for ever.
 */
process.on('disconnect', () => process.exit(0));
