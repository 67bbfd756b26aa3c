/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See elf.h. Tables are read in pieces of bounded size: a file says what it likes. */
#include "backend/source/kernel/elf.h"

#include <elf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backend/base/mem.h"

#define SECTIONS_MAX 65536
#define SEGMENTS_MAX 4096
#define STRING_MAX   4096
#define SYMBOLS_STEP 1024
#define TABLE_MAX    (UINT64_C(1) << 30) /* bytes of a symbol table */
#define NOTES_MAX    (UINT64_C(1) << 24)
#define SDT_TYPE     3 /* systemtap's sys/sdt.h */
#define SDT_OWNER    "stapsdt"

struct program {
	int fd;
	Elf64_Ehdr header;
	Elf64_Phdr *segments;
	Elf64_Shdr *sections;
};

static bool read_at(int fd, uint64_t offset, void *bytes, size_t length)
{
	size_t done = 0;

	if (offset > INT64_MAX - length)
		return false;
	while (done < length) {
		ssize_t got =
			pread(fd, (char *)bytes + done, length - done, (off_t)(offset + done));

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return false;
		done += (size_t)got;
	}
	return true;
}

static bool is_usable(const Elf64_Ehdr *header)
{
	return memcmp(header->e_ident, ELFMAG, SELFMAG) == 0 &&
	       header->e_ident[EI_CLASS] == ELFCLASS64 && header->e_ident[EI_DATA] == ELFDATA2LSB &&
	       (header->e_phnum == 0 || header->e_phentsize == sizeof(Elf64_Phdr)) &&
	       (header->e_shnum == 0 || header->e_shentsize == sizeof(Elf64_Shdr)) &&
	       header->e_phnum <= SEGMENTS_MAX;
}

static void close_program(struct program *program)
{
	free(program->segments);
	free(program->sections);
}

static bool open_program(int fd, struct program *program, struct error *err)
{
	size_t segment_bytes, section_bytes;

	*program = (struct program){.fd = fd};
	if (!read_at(fd, 0, &program->header, sizeof(program->header)) ||
	    !is_usable(&program->header))
		return error_set(err, ERROR_INVALID, "it is no 64-bit program of this machine");
	segment_bytes = program->header.e_phnum * sizeof(Elf64_Phdr);
	section_bytes = program->header.e_shnum * sizeof(Elf64_Shdr);
	program->segments = mem_zalloc(segment_bytes + 1);
	program->sections = mem_zalloc(section_bytes + 1);
	if (read_at(fd, program->header.e_phoff, program->segments, segment_bytes) &&
	    read_at(fd, program->header.e_shoff, program->sections, section_bytes))
		return true;
	close_program(program);
	return error_set(err, ERROR_INVALID, "its tables are cut off");
}

/* From an address in memory to a place in the file. */
static bool find_offset(const struct program *program, uint64_t address, uint64_t *offset)
{
	for (size_t i = 0; i < program->header.e_phnum; i++) {
		const Elf64_Phdr *segment = &program->segments[i];

		if (segment->p_type != PT_LOAD || address < segment->p_vaddr ||
		    address - segment->p_vaddr >= segment->p_filesz)
			continue;
		*offset = address - segment->p_vaddr + segment->p_offset;
		return *offset <= INT64_MAX;
	}
	return false;
}

/* NUL terminated, cut at STRING_MAX; "" behind the end. */
static void read_string(const struct program *program, const Elf64_Shdr *strings, uint64_t at,
			char text[STRING_MAX])
{
	uint64_t length = at < strings->sh_size ? strings->sh_size - at : 0;
	ssize_t got = -1;

	if (length > STRING_MAX - 1)
		length = STRING_MAX - 1;
	if (strings->sh_offset < INT64_MAX - at)
		got = pread(program->fd, text, length, (off_t)(strings->sh_offset + at));
	text[got > 0 ? got : 0] = '\0';
}

/* --- functions */

struct search {
	const char *name;
	size_t compared_bytes; /* of the name, with its NUL */
	uint64_t address;
	bool is_found;
};

static bool is_function(const Elf64_Sym *symbol)
{
	return ELF64_ST_TYPE(symbol->st_info) == STT_FUNC && symbol->st_shndx != SHN_UNDEF &&
	       symbol->st_name != 0;
}

/* Strings are read once, as far as they are reasonable: a look-up for each name is too slow. */
static char *read_strings(const struct program *program, const Elf64_Shdr *section, uint64_t *size)
{
	char *strings;

	*size = section->sh_size;
	if (*size > TABLE_MAX || *size == 0)
		return NULL;
	/* What the file does not have is not allocated either. */
	if (!read_at(program->fd, section->sh_offset + *size - 1, &(char){0}, 1))
		return NULL;
	strings = mem_alloc(*size);
	if (read_at(program->fd, section->sh_offset, strings, *size))
		return strings;
	free(strings);
	return NULL;
}

static void search_symbols(struct search *search, const Elf64_Sym *symbols, size_t count,
			   const char *strings, uint64_t string_bytes)
{
	for (size_t i = 0; i < count && !search->is_found; i++) {
		uint64_t at = symbols[i].st_name;

		if (!is_function(&symbols[i]) || at >= string_bytes ||
		    string_bytes - at < search->compared_bytes ||
		    memcmp(strings + at, search->name, search->compared_bytes) != 0)
			continue;
		search->address = symbols[i].st_value;
		search->is_found = true;
	}
}

static void search_table(const struct program *program, const Elf64_Shdr *table,
			 struct search *search)
{
	Elf64_Sym *symbols;
	uint64_t string_bytes;
	uint64_t count = table->sh_size / sizeof(*symbols);
	char *strings;

	if (table->sh_size > TABLE_MAX || table->sh_link >= program->header.e_shnum)
		return;
	strings = read_strings(program, &program->sections[table->sh_link], &string_bytes);
	if (!strings)
		return;
	symbols = mem_alloc(SYMBOLS_STEP * sizeof(*symbols));
	for (uint64_t at = 0; at < count && !search->is_found; at += SYMBOLS_STEP) {
		size_t step = count - at < SYMBOLS_STEP ? (size_t)(count - at) : SYMBOLS_STEP;

		if (!read_at(program->fd, table->sh_offset + at * sizeof(*symbols), symbols,
			     step * sizeof(*symbols)))
			break;
		search_symbols(search, symbols, step, strings, string_bytes);
	}
	free(symbols);
	free(strings);
}

bool kernel_elf_find_function(int fd, const char *name, uint64_t *offset, struct error *err)
{
	struct search search = {.name = name, .compared_bytes = strlen(name) + 1};
	struct program program;
	bool is_found;

	if (!open_program(fd, &program, err))
		return false;
	for (size_t i = 0; i < program.header.e_shnum && !search.is_found; i++) {
		uint32_t type = program.sections[i].sh_type;

		if (type == SHT_SYMTAB || type == SHT_DYNSYM)
			search_table(&program, &program.sections[i], &search);
	}
	is_found = search.is_found && find_offset(&program, search.address, offset);
	close_program(&program);
	return is_found || error_set(err, ERROR_NOT_FOUND,
				     "it has no function '%.80s' (is it stripped?)", name);
}

/* --- statically defined points */

struct sdt_search {
	const struct program *program;
	const char *provider, *name;
	uint64_t base; /* address of .stapsdt.base in the file; 0: unknown */
	struct kernel_sdt_site *sites;
	size_t count, room;
};

static const Elf64_Shdr *find_section(const struct program *program, const char *wanted)
{
	const Elf64_Ehdr *header = &program->header;
	char name[STRING_MAX];

	if (header->e_shstrndx >= header->e_shnum)
		return NULL;
	for (size_t i = 0; i < header->e_shnum; i++) {
		read_string(program, &program->sections[header->e_shstrndx],
			    program->sections[i].sh_name, name);
		if (strcmp(name, wanted) == 0)
			return &program->sections[i];
	}
	return NULL;
}

/* Takes a string off the note. NULL: it has no end. */
static const char *take_string(const char **at, const char *end)
{
	const char *text = *at;
	const char *stop = memchr(text, '\0', (size_t)(end - text));

	if (!stop)
		return NULL;
	*at = stop + 1;
	return text;
}

/* pc, base, semaphore, then three strings. Addresses move when the program was prelinked. */
static void take_note(struct sdt_search *search, const char *at, const char *end)
{
	uint64_t address[3];
	const char *provider, *name, *arguments;
	struct kernel_sdt_site site = {0};
	uint64_t moved;

	if ((size_t)(end - at) < sizeof(address))
		return;
	memcpy(address, at, sizeof(address));
	at += sizeof(address);
	provider = take_string(&at, end);
	name = provider ? take_string(&at, end) : NULL;
	arguments = name ? take_string(&at, end) : NULL;
	if (!arguments || strcmp(provider, search->provider) != 0 ||
	    strcmp(name, search->name) != 0 || search->count == KERNEL_SDT_SITES_MAX)
		return;
	moved = search->base ? search->base - address[1] : 0;
	if (!find_offset(search->program, address[0] + moved, &site.offset) ||
	    (address[2] &&
	     !find_offset(search->program, address[2] + moved, &site.semaphore_offset)))
		return;
	site.arguments = mem_strdup(arguments);
	search->sites =
		mem_grow(search->sites, search->count, &search->room, sizeof(*search->sites));
	search->sites[search->count++] = site;
}

static uint64_t aligned(uint64_t length)
{
	return (length + 3) & ~UINT64_C(3);
}

static void take_notes(struct sdt_search *search, const char *at, const char *end)
{
	while ((size_t)(end - at) >= sizeof(Elf64_Nhdr)) {
		Elf64_Nhdr note;
		uint64_t left, name_bytes, content_bytes;
		bool is_ours;

		memcpy(&note, at, sizeof(note));
		at += sizeof(note);
		left = (uint64_t)(end - at);
		name_bytes = aligned(note.n_namesz);
		content_bytes = aligned(note.n_descsz);
		if (name_bytes > left || content_bytes > left - name_bytes)
			return;
		is_ours = note.n_type == SDT_TYPE && note.n_namesz == sizeof(SDT_OWNER) &&
			  memcmp(at, SDT_OWNER, sizeof(SDT_OWNER)) == 0;
		at += name_bytes;
		if (is_ours)
			take_note(search, at, at + note.n_descsz);
		at += content_bytes;
	}
}

static bool read_notes(struct sdt_search *search, const Elf64_Shdr *section)
{
	size_t size = (size_t)section->sh_size;
	char *notes;
	bool is_read;

	if (section->sh_size == 0 || section->sh_size > NOTES_MAX)
		return false;
	notes = mem_alloc(size);
	is_read = read_at(search->program->fd, section->sh_offset, notes, size);
	if (is_read)
		take_notes(search, notes, notes + size);
	free(notes);
	return is_read;
}

bool kernel_elf_find_sdt(int fd, const char *provider, const char *name,
			 struct kernel_sdt_site **sites, size_t *count, struct error *err)
{
	struct program program;
	struct sdt_search search = {.program = &program, .provider = provider, .name = name};
	const Elf64_Shdr *notes, *base;

	if (!open_program(fd, &program, err))
		return false;
	notes = find_section(&program, ".note.stapsdt");
	base = find_section(&program, ".stapsdt.base");
	search.base = base ? base->sh_addr : 0;
	if (notes)
		read_notes(&search, notes);
	close_program(&program);
	*sites = search.sites;
	*count = search.count;
	if (search.count > 0)
		return true;
	return error_set(err, ERROR_NOT_FOUND, "it has no point '%.80s:%.80s'", provider, name);
}

void kernel_elf_free_sites(struct kernel_sdt_site *sites, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(sites[i].arguments);
	free(sites);
}
