/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copies the model into one allocation. Names are shared with the model by counted references.
 * Control thread. */
#ifndef TRACON_MODEL_PICTURE_BUILD_H
#define TRACON_MODEL_PICTURE_BUILD_H

#include <stdint.h>

struct model;
struct picture;

struct picture *picture_build(const struct model *model, uint64_t serial);
struct picture *picture_build_empty(void);
/* Of a picture that was acquired: it stays until then. Any thread. */
void picture_ref(const struct picture *picture);
void picture_unref(const struct picture *picture);
/* Gives the builder's reference back once nobody can acquire it any more. NULL passes. */
void picture_retire(struct picture *picture);

#endif
