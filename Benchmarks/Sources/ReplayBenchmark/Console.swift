import Foundation

/// Prints a line at once, so that a table grows while it is measured, also into a file or a pipe.
func say(_ line: String) { FileHandle.standardOutput.write(Data((line + "\n").utf8)) }
