/** Most characters of a replica's name. Here, so that who asks for no more needs no schemas. */
export const REPLICA_NAME_CHARS_MAX = 300;
