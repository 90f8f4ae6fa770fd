/** Image files and loop devices of a test; needs root. Whatever is left is detached with the folder that holds the image. */
import { closeSync, ftruncateSync, openSync } from 'node:fs';
import { must } from './command.ts';

/** Makes a sparse image file and returns its path. */
export function makeImage(file: string, sizeBytes: number): string {
  const descriptor = openSync(file, 'wx');
  ftruncateSync(descriptor, sizeBytes);
  closeSync(descriptor);
  return file;
}

/** Attaches an image to a free loop device and returns the device, `/dev/loopN`. */
export function attachLoop(image: string): string {
  return must('losetup', '--find', '--show', image).trim();
}

/** Loop devices over this image, by the kernel's own list. */
export function loopsOver(image: string): readonly string[] {
  const lines = must('losetup', '--noheadings', '--output', 'NAME', '--associated', image).split('\n');
  return lines.map((line) => line.trim()).filter((line) => line !== '');
}

export function detachLoop(device: string): void {
  must('losetup', '--detach', device);
}
