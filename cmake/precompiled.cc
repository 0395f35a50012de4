// Compiled for nothing but its precompiled headers (precompiled.cmake).
