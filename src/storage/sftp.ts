import { type DirectoryOptions, DirectoryReplica } from './directory.ts';
import { SftpConnection, type SftpConnectionOptions } from './sftp-connection.ts';
import { SftpFiles } from './sftp-files.ts';

export interface SftpReplicaOptions extends SftpConnectionOptions, DirectoryOptions {}

/**
 * A directory of an SFTP server, laid out as one of this machine is: each can be read as the other. Connects
 * when it is first needed, and again when the connection was lost.
 */
export function openSftpReplica(options: SftpReplicaOptions): DirectoryReplica {
  const files = new SftpFiles(new SftpConnection(options), options.location.path);
  return new DirectoryReplica(files, options);
}
