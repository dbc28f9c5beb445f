/** Folders of people's data as they are published: THINGS, its images, judgements and splits. */
package io.attune.data;
