/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The source for LTTng-UST applications: session daemon and consumer in one. This header is for
 * source.c; the parts of the source share internal.h.
 */
#ifndef TRACON_SOURCE_UST_UST_H
#define TRACON_SOURCE_UST_UST_H

#include "backend/source/source.h"

extern const struct source_class ust_source_class;
/* Domains of loggers, whose events come as LTTng-UST's (loggers.c). */
extern const struct source_class jul_source_class;
extern const struct source_class log4j_source_class;
extern const struct source_class log4j2_source_class;
extern const struct source_class python_source_class;

#endif
